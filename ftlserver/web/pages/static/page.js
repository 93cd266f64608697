// What the page does more where script runs: times as the reader's locale has them, short addresses, the reader's
// own zone, and a board that is refreshed. Everything else works without it.

const PARTS = {
  weekday: { weekday: "short" },
  date: { year: "numeric", month: "short", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
};

// A time is shown on the clock that it was given for: its wall clock is read as if it were UTC.
function showTimes(root) {
  for (const element of root.querySelectorAll("time[data-shows]")) {
    const options = { timeZone: "UTC" };
    for (const part of element.dataset.shows.split(" ")) Object.assign(options, PARTS[part]);
    const wall = new Date(`${element.dateTime.slice(0, 19)}Z`);
    if (!Number.isNaN(wall.valueOf())) element.textContent = new Intl.DateTimeFormat(undefined, options).format(wall);
  }
}

// Fields that are empty stay out of the address, so that it can be read and shared.
function shortenAddresses() {
  for (const form of document.querySelectorAll("form[method=get]")) {
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
    });
  }
}

// A button that fills in the zone of the reader.
function offerOwnZone() {
  const field = document.getElementById("zone");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!field || !own || own === (field.value || field.placeholder)) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Use ${own}`;
  button.addEventListener("click", () => {
    field.value = own;
    field.form.requestSubmit();
  });
  const place = document.createElement("p");
  place.append(button);
  field.closest("p").after(place);
}

// XMLHttpRequest parses a document without running anything in it, which Trusted Types allow.
function load(address, tag) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.timeout = 20_000;
    if (tag) request.setRequestHeader("If-None-Match", tag);
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = () => reject(new Error("no answer"));
    request.send();
  });
}

function refresh() {
  const region = document.querySelector("[data-refresh]");
  if (!region) return;
  const seconds = Number(region.dataset.refresh);
  let tag = "";
  let isPaused = false;
  let last = Date.now();

  const status = document.createElement("span");
  status.className = "note";
  const button = document.createElement("button");
  button.type = "button";
  const line = document.createElement("p");
  line.className = "pause";
  line.append(button, " ", status);
  region.before(line);
  const say = () => {
    button.textContent = isPaused ? "Refresh again" : "Pause";
    status.textContent = isPaused ? "This page is not refreshed." : `This page is refreshed every ${seconds} s.`;
  };
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    say();
  });
  say();

  async function once() {
    // Nothing is taken away from a reader who is in the middle of it.
    if (isPaused || document.hidden || region.querySelector(":focus-visible")) return;
    last = Date.now();
    try {
      const request = await load(location.href, tag);
      if (request.status === 401) {
        location.reload();
        return;
      }
      const found = request.status === 200 && request.response && request.response.querySelector("[data-refresh]");
      if (found) {
        tag = request.getResponseHeader("ETag") || "";
        showTimes(found);
        region.replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
      }
      say();
    } catch {
      status.textContent = "The server does not answer; this page is as it was.";
    }
  }

  setInterval(once, seconds * 1000);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - last > seconds * 1000) once();
  });
}

showTimes(document);
shortenAddresses();
offerOwnZone();
refresh();
