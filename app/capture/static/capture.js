// Capture: each field is saved as it is left, and whatever happens nothing typed is lost. The form works without this.
(() => {
  "use strict";
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const saved = document.getElementById("guardado");
  const say = (words) => { if (saved && saved.textContent.trim() !== words) saved.textContent = words; };

  // What is missing is read by itself, and again a while after something was saved.
  const side = () => document.querySelector("[data-lazy]");
  const missing = async () => {
    const part = side();
    if (!part) return;
    try {
      const answer = await fetch(part.dataset.lazy, { headers: { "X-Fragment": part.id, Accept: "text/html" } });
      const fresh = answer.ok && parsed(await answer.text()).getElementById(part.id);
      if (fresh) { fresh.dataset.lazy = part.dataset.lazy; part.replaceWith(fresh); }
    } catch { /* the link in its place still leads there */ }
  };
  if (side()) missing();
  let later;
  const missingLater = () => { clearTimeout(later); later = setTimeout(missing, 2000); };

  const reveal = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };
  const CONTROLS = "input:not([type=hidden]), select, textarea";
  const lead = (id) => {
    const place = id && document.getElementById(id);
    if (!place) return;
    reveal(place);
    (place.matches(CONTROLS) ? place : place.querySelector(CONTROLS) || place).focus();
  };
  const byHash = () => { if (location.hash.startsWith("#campo")) lead(decodeURIComponent(location.hash.slice(1))); };
  addEventListener("hashchange", byHash);
  byHash();
  addEventListener("load", byHash); // the browser itself leads to the group, not to what is typed in it

  const isMac = navigator.platform.startsWith("Mac");
  if (isMac) each("[data-keys] kbd", (key) => { key.textContent = key.textContent.replace("Alt", "Control + Opción"); });

  let leave = (href) => location.assign(href);
  const isEmpty = (ask) => {
    const controls = [...ask.querySelectorAll(CONTROLS)];
    return controls.length > 0 && controls.every((one) => ["checkbox", "radio"].includes(one.type) ? !one.checked || !one.value : !one.value.trim());
  };
  const nextMissing = (event) => {
    const wanted = [...document.querySelectorAll("form[data-autosave] .ask")]
      .filter((ask) => ask.querySelector(":scope > :is(label, legend) .required") && isEmpty(ask));
    const from = document.activeElement;
    const after = wanted.find((ask) => from.compareDocumentPosition(ask) & Node.DOCUMENT_POSITION_FOLLOWING && !ask.contains(from));
    if (after) { event.preventDefault(); reveal(after); return after.querySelector(CONTROLS).focus(); }
    const gap = [...document.querySelectorAll("[data-gap]")].find((one) => new URL(one.href).pathname !== location.pathname);
    if (gap) { event.preventDefault(); leave(gap.href); }
  };
  each("[data-next-missing]", (link) => link.addEventListener("click", nextMissing));
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.shiftKey || event.metaKey || event.ctrlKey !== isMac) return;
    if (event.code === "KeyN") nextMissing(event);
    else if (event.code === "KeyS") {
      const button = document.querySelector("[data-save]");
      if (button) { event.preventDefault(); button.click(); }
    } else if (event.code === "KeyA") {
      const here = document.activeElement.closest(".repeat");
      const add = here?.querySelector("[data-add]") || document.querySelector("[data-add]");
      if (add) { event.preventDefault(); add.click(); return; }
      const quick = document.getElementById("agregar");
      if (quick) { event.preventDefault(); quick.parentElement.querySelector(CONTROLS)?.focus(); }
    }
  });
  // After adding, the next line is at hand.
  if (location.hash === "#agregar") document.querySelector(".quick-form")?.querySelector(CONTROLS)?.focus();

  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  lead(form.dataset.led);

  // A unit is what is saved together: one control, an amount with its currency, a list that is edited in place.
  const unitOf = (element) => {
    let unit = null;
    for (let at = element; at && at !== form; at = at.parentElement) if (at.dataset?.unit !== undefined) unit = at;
    return unit;
  };
  const named = (name) => form.querySelector(`[data-unit="${CSS.escape(name)}"]`);
  const pairs = (unit) => [...unit.querySelectorAll("input, select, textarea")]
    .filter((one) => one.name && !(["checkbox", "radio"].includes(one.type) && !one.checked))
    .map((one) => [one.name, one.value]);
  const told = (unit) => JSON.stringify(pairs(unit).filter(([name]) => !name.includes("@")));
  const shown = new Map(form.elements.mostrado.value.split(" ").filter(Boolean).map((pair) => {
    const cut = pair.lastIndexOf("=");
    return [pair.slice(0, cut), pair.slice(cut + 1)];
  }));
  const stored = new Map(); // unit -> what the server holds, as `told`
  const failed = new Map(); // unit -> tries so far
  const busy = new Map(); // unit -> the saving under way
  const refused = new Map(); // unit -> what the server did not take, as `told`: not sent again until it changes
  each("[data-unit]", (unit) => { if (unitOf(unit) === unit) stored.set(unit.dataset.unit, told(unit)); }, form);
  const isDirty = (unit) => stored.get(unit.dataset.unit) !== told(unit);
  const unsaved = () => [...stored.keys()].map(named).filter((unit) => unit && (isDirty(unit) || failed.has(unit.dataset.unit)));

  // What was typed outlives the page until the server has it.
  const drawer = `captura ${form.getAttribute("action")}`;
  const keep = () => {
    const typed = unsaved().flatMap(pairs).filter(([name]) => !name.includes("@"));
    try {
      if (typed.length) sessionStorage.setItem(drawer, JSON.stringify(typed));
      else sessionStorage.removeItem(drawer);
    } catch { /* no room: the page itself still holds it */ }
  };
  const offerBack = () => {
    let typed = [];
    try { typed = JSON.parse(sessionStorage.getItem(drawer)) || []; } catch { return; }
    const groups = new Map();
    typed.forEach(([name, value]) => groups.set(name, [...(groups.get(name) || []), value]));
    const found = [...groups].filter(([name, values]) => {
      const controls = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
      const held = controls.filter((one) => !["checkbox", "radio"].includes(one.type) || one.checked).map((one) => one.value);
      return controls.length && JSON.stringify(held) !== JSON.stringify(values);
    });
    if (!found.length) return sessionStorage.removeItem(drawer);
    const notice = document.getElementById("rescate").content.cloneNode(true).firstElementChild;
    form.before(notice);
    notice.addEventListener("click", (event) => {
      const choice = event.target.closest("button")?.value;
      if (!choice) return;
      if (choice === "recuperar") {
        found.forEach(([name, values]) => form.querySelectorAll(`[name="${CSS.escape(name)}"]`).forEach((one, place) => {
          if (["checkbox", "radio"].includes(one.type)) one.checked = values.includes(one.value);
          else if (one.type !== "hidden") one.value = values[place] ?? values[0];
        }));
        unsaved().forEach((unit) => save(unit));
      } else sessionStorage.removeItem(drawer);
      notice.remove();
    });
  };

  const mark = (unit, words, link) => {
    unit.querySelector(".unsaved")?.remove();
    if (!words) return;
    const line = document.createElement("p");
    line.className = "unsaved";
    line.setAttribute("role", "status");
    line.append(words);
    if (link) {
      const way = Object.assign(document.createElement("a"), { href: link, target: "_blank", textContent: "Entra en otra pestaña" });
      line.append(" ", way, " y vuelve aquí: se guardará lo que escribiste.");
    }
    unit.querySelector(".said").append(line);
  };

  // Take over what the server says of a unit, without touching what the person is typing meanwhile.
  const merge = (unit, fresh, sent) => {
    each(".said", (part) => { const here = document.getElementById(part.id); if (here) here.replaceWith(part.cloneNode(true)); }, fresh);
    const places = new Map();
    each("input, select, textarea", (one) => {
      if (!one.name) return;
      const place = places.get(one.name) || 0;
      places.set(one.name, place + 1);
      const here = unit.querySelectorAll(`[name="${CSS.escape(one.name)}"]`)[place];
      if (!here) return;
      if (one.type === "hidden") { here.value = one.value; return; }
      if (one.getAttribute("aria-invalid")) here.setAttribute("aria-invalid", "true"); else here.removeAttribute("aria-invalid");
      if (["checkbox", "radio"].includes(one.type) || here === document.activeElement) return;
      if (sent.some(([name, value]) => name === one.name && value === here.value)) here.value = one.value;
    }, fresh);
  };

  const post = (unit, act) => {
    const sent = pairs(unit);
    const body = new URLSearchParams(sent);
    body.append("desde", form.elements.desde.value);
    body.append("unidad", unit.dataset.unit);
    body.append("mostrado", [...new Set(sent.map(([name]) => name))].filter((name) => shown.has(name)).map((name) => `${name}=${shown.get(name)}`).join(" "));
    if (act) body.append("accion", act);
    return [sent, fetch(form.action, { method: "POST", body, headers: { "X-Fragment": unit.dataset.unit, Accept: "text/html" } })];
  };

  const send = async (unit, act) => {
    const name = unit.dataset.unit;
    const before = told(unit);
    saved.classList.add("busy");
    say("Guardando…");
    let answer;
    const [sent, asked] = post(unit, act);
    try { answer = await asked; } catch { return retry(unit, "Sin guardar: sin conexión. Se intentará otra vez."); }
    if (answer.status === 401) {
      failed.set(name, 0);
      say("Sin guardar: tu sesión terminó");
      return mark(unit, "Tu sesión terminó.", `/entrar?siguiente=${encodeURIComponent(location.pathname)}`);
    }
    if (answer.status === 429 || answer.status >= 500) return retry(unit, "Sin guardar: el servicio no responde. Se intentará otra vez.");
    const page = parsed(await answer.text());
    const status = page.getElementById("guardado");
    if (!status) {
      failed.set(name, 0);
      say("Sin guardar");
      return mark(unit, `Sin guardar. ${page.querySelector("p")?.textContent.trim() || ""}`);
    }
    failed.delete(name);
    mark(unit, "");
    page.querySelector("[name=mostrado]").value.split(" ").filter(Boolean).forEach((pair) => {
      const cut = pair.lastIndexOf("=");
      shown.set(pair.slice(0, cut), pair.slice(cut + 1));
    });
    const fresh = page.querySelector(`[data-unit="${CSS.escape(name)}"]`);
    const isRefused = Boolean(fresh?.querySelector('[aria-invalid="true"], .clash') || fresh?.matches('[aria-invalid="true"]'));
    if (isRefused) refused.set(name, before); else refused.delete(name);
    if (act && fresh) {
      unit.replaceWith(fresh);
      lead(status.dataset.led);
      stored.set(name, told(fresh));
    } else if (fresh) {
      const after = told(unit);
      merge(unit, fresh, sent);
      // What was typed while the answer was on its way is still to be saved.
      if (!isRefused) stored.set(name, after === before ? told(unit) : before);
    }
    if (isRefused || busy.size < 2) say(status.textContent.trim()); // not «Guardado» while something is on its way
    if (!isRefused) missingLater();
  };

  const retry = (unit, words) => {
    const tries = (failed.get(unit.dataset.unit) || 0) + 1;
    failed.set(unit.dataset.unit, tries);
    say("Sin guardar");
    mark(unit, words);
    setTimeout(() => { if (failed.get(unit.dataset.unit) === tries) save(unit); }, Math.min(1000 * 2 ** tries, 30000));
  };

  const save = (unit, act) => {
    const name = unit.dataset.unit;
    const under = (busy.get(name) || Promise.resolve()).then(() => {
      const here = named(name);
      if (!here || !(act || isDirty(here) || failed.has(name))) return null;
      // Over what somebody else wrote only a choice goes.
      if (!act && (refused.get(name) === told(here) || here.querySelector(".clash"))) return null;
      return send(here, act);
    }).finally(() => {
      if (busy.get(name) === under) busy.delete(name);
      if (!busy.size) saved.classList.remove("busy");
      keep();
    });
    busy.set(name, under);
    return under;
  };
  const saveAll = async () => {
    await Promise.all(unsaved().map((unit) => save(unit)));
    await Promise.all(busy.values());
    return !unsaved().length;
  };

  // Whoever leaves by a link waits for what was just typed to arrive, and is asked only if it cannot.
  leave = async (href) => { await saveAll(); location.assign(href); };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]:not([target])");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || !(unsaved().length || busy.size)) return;
    if (link.hash && link.href.split("#")[0] === location.href.split("#")[0]) return;
    event.preventDefault();
    leave(link.href);
  });

  form.addEventListener("focusout", (event) => {
    const unit = unitOf(event.target);
    if (unit && isDirty(unit)) save(unit);
  });
  const settling = new Map(); // unit -> the saving that waits for a choice to settle
  form.addEventListener("change", (event) => {
    const unit = unitOf(event.target);
    // A choice counts once it has settled: arrow keys pass by what is not meant. What an option of another field
    // filled in was never entered, and so is never left.
    const isChoice = event.target.matches("select, [type=radio], [type=checkbox]");
    if (!unit || !(isChoice || event.target !== document.activeElement)) return;
    clearTimeout(settling.get(unit.dataset.unit));
    settling.set(unit.dataset.unit, setTimeout(() => save(unit), isChoice ? 1000 : 0));
  });
  let typing;
  form.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(keep, 400); });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const unit = button && unitOf(button);
    if (!unit || !(button.name === "accion" || button.hasAttribute("data-again"))) return;
    event.preventDefault();
    if (button.name === "accion") save(unit, button.value);
    else {
      unit.querySelector(".clash").remove();
      refused.delete(unit.dataset.unit);
      stored.set(unit.dataset.unit, "");
      save(unit);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const onward = event.submitter?.name === "seguir" && form.dataset.next;
    const clean = await saveAll();
    if (!clean) return (form.querySelector('[aria-invalid="true"], .clash button, .unsaved a') || form).focus();
    if (onward) location.assign(onward);
    else if (saved.textContent.trim() === "" ) say("Todo está guardado");
  });

  const again = () => { failed.forEach((_, name) => { const unit = named(name); if (unit) save(unit); }); };
  addEventListener("online", again);
  addEventListener("focus", again);
  addEventListener("beforeunload", (event) => { if (unsaved().length || busy.size) { keep(); event.preventDefault(); } });
  addEventListener("pagehide", keep);
  offerBack();
})();
