"""Characters that steer a terminal."""

STEERS = {
    "\x1b",
    "\x9b",
    "\x00",
    "\x07",
    "\r",
    "\n",
    "\t",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u061c",
    "\ud800",
    "\u2028",
}
