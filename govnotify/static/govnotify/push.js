// "Tell this browser": shows its button where the browser can be told, asks for permission when that is pressed, and
// hands the subscription to the server. On /push/ it lists what this browser follows. Without it the page is the page.
(() => {
  "use strict";
  const say = document.currentScript.dataset, key = say.key; // the words of this page's language
  const boxes = [...document.querySelectorAll("[data-push]")];
  const can = key && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  const TRIES = 20, PAUSE = 1_000; // the welcome takes a moment; who waits longer is told that it comes

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const text = (octets) => btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const described = (subscription) => ({
    ...subscription.toJSON(),
    applicationServerKey: text(subscription.options.applicationServerKey || []),
  });

  async function ask(path, asked) {
    const answer = await fetch(`/push/${path}/`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.problem || say.failed);
    return said;
  }

  async function present() {
    const registration = await navigator.serviceWorker.getRegistration("/push/");
    return registration ? registration.pushManager.getSubscription() : null;
  }

  async function subscribed() {
    if ((await Notification.requestPermission()) !== "granted") throw new Error(say.denied);
    const registration = await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
    await activeOf(registration);
    const had = await registration.pushManager.getSubscription();
    if (had && text(had.options.applicationServerKey || []) === key) return had;
    if (had) await had.unsubscribe(); // made with a key of ours that is no longer the newest
    try {
      return await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
    } catch {
      throw new Error(say.unreachable);
    }
  }

  function activeOf(registration) {
    if (registration.active) return registration.active;
    const worker = registration.installing || registration.waiting;
    return new Promise((done) => worker.addEventListener("statechange", () => worker.state === "activated" && done(worker)));
  }

  async function settled(subscription, state) {
    let now = state;
    for (let tries = 0; now.status === "waiting" && tries < TRIES; tries += 1) {
      await new Promise((done) => setTimeout(done, PAUSE));
      now = await ask("state", { subscription });
    }
    return now;
  }

  async function tell(box, status) {
    status.textContent = say.working;
    const subscription = described(await subscribed());
    const state = await ask("tell", {
      subscription,
      topics: box.dataset.topics ? box.dataset.topics.split(" ") : [],
      emergencies: "emergencies" in box.dataset,
      language: document.documentElement.lang,
      page: location.pathname,
    });
    const now = await settled(subscription, state);
    status.textContent = now.status === "active" ? say.on : say.coming;
    return now;
  }

  function offer(box) {
    const button = box.querySelector("button"), status = box.querySelector("[role=status]");
    box.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try { list(await tell(box, status)); } catch (error) { status.textContent = error.message; }
      button.disabled = false;
    });
  }

  function list(state) {
    const part = document.getElementById("follows");
    if (!part) return;
    part.querySelector("[data-none]").hidden = state.follows.length > 0;
    part.querySelector("[data-all]").hidden = state.follows.length === 0;
    fill(part.querySelector("ul"), "followed", state.follows, (one) => end(one.subject));
    listPlaces(state);
  }

  // Each entry as the template has it, with a button that acts on it.
  function fill(rows, template, entries, act) {
    rows.hidden = entries.length === 0;
    rows.replaceChildren(...entries.map((one) => {
      const item = document.getElementById(template).content.cloneNode(true).firstElementChild;
      item.querySelector("[data-name]").textContent = one.name;
      item.querySelector("[data-more]").textContent = one.more;
      const button = item.querySelector("button");
      button.setAttribute("aria-label", `${button.textContent}: ${one.name}`);
      button.addEventListener("click", () => act(one));
      return item;
    }));
  }

  let codes = []; // of the places that this browser is to tell about
  const places = document.getElementById("places");

  function listPlaces(state) {
    if (!places) return;
    codes = state.places.map((one) => one.code);
    places.hidden = state.follows.length === 0;
    places.querySelector("[data-everywhere]").hidden = codes.length > 0;
    const remove = (one) => askPlaces({ area: codes.filter((code) => code !== one.code) });
    fill(places.querySelector("[data-chosen]"), "chosen", state.places, remove);
  }

  async function askPlaces(asked) {
    const status = places.querySelector("[role=status]"), found = places.querySelector("[data-found]");
    try {
      const subscription = await present();
      if (!subscription) return list({ follows: [], places: [] });
      const said = await ask("places", { subscription: described(subscription), area: codes, ...asked });
      status.textContent = said.said || "";
      fill(found, "found", said.found || [], (one) => askPlaces({ area: [...codes, one.code] }));
      if (said.found) return undefined;
      list(said);
      places.querySelector("input").value = "";
      places.querySelector("h2").focus({ preventScroll: true }); // the button that was pressed is gone
    } catch (error) {
      status.textContent = error.message;
    }
    return undefined;
  }

  async function end(subject) {
    const status = document.querySelector("#follows [role=status]");
    const subscription = await present();
    if (!subscription) return list({ follows: [], places: [] });
    try {
      const state = await ask("stop", subject === undefined ? { subscription: described(subscription) } : { subscription: described(subscription), subject });
      if (state.status === "unknown") await subscription.unsubscribe();
      list(state);
      status.textContent = say.stopped;
    } catch (error) {
      status.textContent = error.message;
    }
  }

  async function overview() {
    const place = document.getElementById("follows");
    if (!place) return;
    place.hidden = false;
    place.querySelector("[data-all] button").addEventListener("click", () => end());
    if (places) places.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      askPlaces({ place: places.querySelector("input").value });
    });
    const subscription = await present();
    list(subscription ? await ask("state", { subscription: described(subscription) }) : { follows: [], places: [] });
  }

  // Safari of iPhones and iPads: only a site that was opened from the home screen may notify.
  const needsHomeScreen = !can && navigator.standalone === false;
  for (const one of document.querySelectorAll("[data-push-missing]")) one.hidden = Boolean(can) || needsHomeScreen;
  for (const one of document.querySelectorAll("[data-push-home-screen]")) one.hidden = !needsHomeScreen;
  if (!can) return;
  boxes.forEach(offer);
  overview().catch(() => {});
})();
