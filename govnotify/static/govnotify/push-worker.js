// The service worker of notifications: shows what comes, answers the welcome, opens what is tapped, and says so when the
// push service gives this browser another address. It keeps no page and stands between nobody and the server.
"use strict";
const KEPT = "/push/kept"; // under which the subscription is remembered, for when the browser loses it

const post = (path, asked) =>
  fetch(path, {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
  });

const described = (subscription) => {
  const key = subscription.options && subscription.options.applicationServerKey;
  const text = key ? btoa(String.fromCharCode(...new Uint8Array(key))) : "";
  return {
    ...subscription.toJSON(),
    applicationServerKey: text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  };
};

async function keep() {
  const subscription = await self.registration.pushManager.getSubscription();
  if (!subscription) return;
  const cache = await caches.open("push");
  await cache.put(KEPT, new Response(JSON.stringify(described(subscription))));
}

async function kept() {
  const found = await caches.match(KEPT);
  return found ? found.json() : null;
}

async function show(event) {
  let said = {};
  try { said = event.data.json(); } catch { /* a message that is not ours still has to be shown: browsers insist */ }
  await self.registration.showNotification(said.title || self.registration.scope, {
    body: said.body || "",
    lang: said.lang || "",
    dir: said.dir || "auto",
    tag: said.tag || "",
    renotify: Boolean(said.tag),
    requireInteraction: Boolean(said.urgent),
    data: { url: said.url || self.registration.scope },
    actions: said.stop ? [{ action: "stop", title: said.stop }] : [],
  });
  if (said.answer) {
    await post("/push/answer/", { token: said.answer });
    await keep();
  }
}

async function open(event) {
  event.notification.close();
  const url = event.action === "stop" ? self.registration.scope : event.notification.data.url;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url === url);
  return there ? there.focus() : self.clients.openWindow(url);
}

async function move(event) {
  const old = event.oldSubscription ? described(event.oldSubscription) : await kept();
  if (!old) return;
  const options = event.oldSubscription
    ? event.oldSubscription.options
    : { userVisibleOnly: true, applicationServerKey: old.applicationServerKey };
  const subscription = event.newSubscription || (await self.registration.pushManager.subscribe(options));
  await post("/push/move/", { old, subscription: described(subscription) });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => event.waitUntil(open(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(move(event)));
