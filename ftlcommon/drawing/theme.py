"""The one stylesheet of all pictures: a light theme, and a dark one for screens that prefer it.

Plain classes alone: librsvg knows no custom properties, and leaves out what is inside ``@media``, as print does.
"""

from base64 import b64encode
from hashlib import sha256

STYLE = """
.ftl { max-width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
  Arial, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums }
.ftl text { fill: #1f2328 }
.ftl .head { font-size: 16px; font-weight: 600 }
.ftl .bold { font-weight: 600 }
.ftl .small { font-size: 11px }
.ftl .dim { fill: #59636e }
.ftl .warn { fill: #8a5a00 }
.ftl .end { text-anchor: end }
.ftl .mid { text-anchor: middle }
.ftl .paper, .ftl .gap { fill: #ffffff }
.ftl .track { fill: #f2f4f6 }
.ftl .night { fill: #dfe3e8 }
.ftl .line { fill: #d1d9e0 }
.ftl .idle { fill: #afb8c1 }
.ftl .active { fill: #2e7d32 }
.ftl .late { fill: #9c3fb0 }
.ftl .now { fill: #cf222e }
.ftl .l1 { fill: #c8e6c9 }
.ftl .l2 { fill: #81c784 }
.ftl .l3 { fill: #2e7d32 }
.ftl .l4 { fill: #123f16 }
.ftl .likely { fill: #c8e6c9 }
.ftl .possible { fill: #fdeab2 }
.ftl .unlikely { fill: #fbd5d3 }
.ftl .unknown { fill: #e8ebee }
.ftl .label { fill: #4a525b }
.ftl .on, .ftl .on3, .ftl .on4 { fill: #ffffff }
.ftl .on1, .ftl .on2 { fill: #1f2328 }
@media screen and (prefers-color-scheme: dark) {
.ftl text { fill: #e6edf3 }
.ftl .dim { fill: #9ba5b0 }
.ftl .warn { fill: #e3b341 }
.ftl .paper, .ftl .gap { fill: #0d1117 }
.ftl .track { fill: #1a2028 }
.ftl .night { fill: #2b323b }
.ftl .line { fill: #343b44 }
.ftl .idle { fill: #59636e }
.ftl .active { fill: #4caf50 }
.ftl .late { fill: #c77dd6 }
.ftl .now { fill: #ff7b72 }
.ftl .l1 { fill: #1d4a24 }
.ftl .l2 { fill: #2e7d32 }
.ftl .l3 { fill: #4caf50 }
.ftl .l4 { fill: #b2dfb4 }
.ftl .likely { fill: #1f5a28 }
.ftl .possible { fill: #5c4813 }
.ftl .unlikely { fill: #6b2528 }
.ftl .unknown { fill: #2b323b }
.ftl .on3, .ftl .on4 { fill: #0d1117 }
.ftl .on1, .ftl .on2 { fill: #ffffff }
.ftl .label { fill: #343b44 }
}
"""
STYLE_HASH = f"'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
