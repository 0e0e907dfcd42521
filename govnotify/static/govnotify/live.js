// Keeps an open page as it is on the server: asks every 15 to 30 s while somebody looks at it, puts what has changed in
// its place, and says what is new. Without it the page is the page.
(() => {
  "use strict";
  const SHORTEST = 15_000, SPREAD = 15_000, LONGEST = 240_000; // ms; spread, so that all who look do not ask at once
  const heading = document.currentScript.dataset.news;
  const main = document.getElementById("main");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "live-news";
  main.parentElement.before(said); // there before it has anything to say: a screen reader announces changes only
  let tag = null, failures = 0, timer = 0, asked = Date.now();

  const news = (root) => [...root.querySelectorAll("[data-news]")].map((one) => one.textContent.trim().replace(/\s+/g, " "));

  function show(page) {
    const fresh = page.getElementById("main");
    if (!fresh || fresh.innerHTML === main.innerHTML) return;
    const before = new Set(news(main));
    const focus = main.contains(document.activeElement) && document.activeElement !== main ? document.activeElement : null;
    const place = focus && (focus.id ? `#${CSS.escape(focus.id)}` : focus.href && `a[href="${CSS.escape(focus.getAttribute("href"))}"]`);
    main.replaceChildren(...fresh.childNodes);
    // The same link, where it stands now; or the text, where it is gone.
    if (focus) ((place && main.querySelector(place)) || main).focus({ preventScroll: true });
    document.title = page.title;
    said.textContent = [heading, ...news(main).filter((one) => !before.has(one))].join(" ");
  }

  async function ask() {
    asked = Date.now();
    const answer = await fetch(location.href, {
      cache: "no-store", // the tag below does what the browser's cache would, and tells us about it
      credentials: "same-origin",
      headers: tag ? { "If-None-Match": tag } : {},
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 304) return;
    if (answer.status !== 200 && answer.status !== 410) throw new Error(`status ${answer.status}`); // 410: withdrawn
    tag = answer.headers.get("ETag");
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  function plan() {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    const pause = Math.min((SHORTEST + Math.random() * SPREAD) * 2 ** failures, LONGEST);
    timer = setTimeout(async () => {
      try { await ask(); failures = 0; } catch { failures += 1; }
      plan();
    }, Math.max(0, asked + pause - Date.now()));
  }

  document.addEventListener("visibilitychange", plan);
  plan();
})();
