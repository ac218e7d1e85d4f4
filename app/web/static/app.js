// Everything here is a courtesy: each page works without it.
(() => {
  "use strict";
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  // A part that says data-refresh="ms" asks the server for itself until the answer no longer says so.
  const refresh = (part) => {
    const wait = Math.max(Number(part.dataset.refresh) || 2000, 500);
    setTimeout(async () => {
      if (!part.isConnected) return;
      if (document.hidden) return refresh(part);
      let answer;
      try {
        answer = await fetch(part.dataset.src || location.href, {
          headers: { "X-Fragment": part.id, Accept: "text/html" },
        });
      } catch { return refresh(part); }
      if (answer.status === 401) return location.reload(); // the session ended: the page leads to the door
      if (answer.status === 429 || answer.status >= 500) return refresh(part);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (!fresh) return location.reload();
      const focus = part.contains(document.activeElement) && document.activeElement.id;
      part.replaceWith(fresh);
      if (focus) document.getElementById(focus)?.focus();
      if (fresh.dataset.refresh) refresh(fresh);
      else if (fresh.dataset.then) location.assign(fresh.dataset.then);
    }, wait);
  };
  each("[data-refresh]", refresh);

  // The summary of errors is read first.
  document.querySelector(".error-summary")?.focus();

  // Where tabs do not fit, the one that is open is in sight.
  each(".tabs [aria-current]", (tab) => { tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft; });

  // One click, one act: the second is swallowed until the answer comes (or the person comes back).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    if (form.method !== "post" || event.defaultPrevented) return;
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button?.dataset.busy) button.textContent = button.dataset.busy;
    button?.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) each("form[data-sent]", (form) => {
      delete form.dataset.sent;
      each("[aria-disabled]", (button) => button.removeAttribute("aria-disabled"), form);
    });
  });

  // Menus close when the person looks elsewhere.
  const close = (except) => each("details.menu[open]", (menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement.closest("details[open].menu");
    close();
    menu?.querySelector("summary").focus();
  });

  // A file input that also takes what is dropped on its frame, and says what it took.
  const size = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  each(".drop", (drop) => {
    const input = drop.querySelector("input");
    const chosen = drop.querySelector(".chosen");
    const tell = () => { chosen.textContent = [...input.files].map((f) => `${f.name} (${size(f.size)})`).join(", "); };
    input.addEventListener("change", tell);
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  // Filters apply as soon as they change; their button remains for everyone else.
  each("form[data-auto]", (form) => form.addEventListener("change", () => form.requestSubmit()));
})();
