// The typeahead of forms: WAI-ARIA's combobox with a listbox over a plain text field (see components/form.html).
(() => {
  "use strict";
  const WAIT = 120; // ms after the last key: a fast typist asks once
  let last = 0;

  const element = (name, attributes, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  // Whoever listens to the form (autosave) learns of a value as if it had been typed.
  const put = (field, value) => {
    field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  };

  const enhance = (frame) => {
    if (frame.dataset.ready) return;
    frame.dataset.ready = "yes";
    const input = frame.querySelector("input");
    const id = `options-${++last}`;
    const list = element("ul", { id, role: "listbox", "aria-label": input.labels[0]?.innerText || input.name, hidden: "" });
    const status = element("p", { class: "hidden", role: "status" });
    input.after(list, status);
    for (const [key, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id,
    })) input.setAttribute(key, value);

    const fills = JSON.parse(frame.dataset.fills || "{}");
    const filled = () => Object.entries(fills)
      .map(([key, name]) => [key, (input.form || document).querySelector(`[name="${CSS.escape(name)}"]`)])
      .filter(([, field]) => field);
    let found = [], active = -1, timer = 0, asking = null, choosing = false;

    const say = (text, shown = false) => {
      status.textContent = text;
      status.classList.toggle("hidden", !shown);
    };
    const close = () => {
      clearTimeout(timer);
      asking?.abort();
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      say("");
    };
    const mark = (position) => {
      list.children[active]?.setAttribute("aria-selected", "false");
      active = position;
      const option = list.children[active];
      if (!option) return input.removeAttribute("aria-activedescendant");
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    };
    const choose = (option) => {
      close();
      choosing = true;
      for (const [key, field] of filled()) if (option.fills && key in option.fills) put(field, option.fills[key] ?? "");
      put(input, option.value);
      choosing = false;
    };
    const show = () => {
      list.replaceChildren(...found.map((option, position) => {
        const told = option.label === option.value ? [] : [element("b", {}, option.value), " "];
        const hint = option.hint ? [" ", element("small", {}, option.hint)] : [];
        const row = element("li", { role: "option", id: `${id}-${position}`, "aria-selected": "false" },
          ...told, element("span", {}, option.label), ...hint);
        row.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
        row.addEventListener("click", () => choose(option));
        return row;
      }));
      active = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
      if (!found.length) return say(frame.dataset.nothing, true);
      say(found.length === 1 ? "Una opción." : `${found.length} opciones.`);
    };
    const ask = async () => {
      asking?.abort();
      const asked = asking = new AbortController();
      const address = new URL(frame.dataset.lookup, location.href);
      address.searchParams.set("q", input.value.trim());
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asked.signal });
        if (!answer.ok) throw new Error(answer.statusText);
        found = await answer.json();
      } catch {
        if (asked.signal.aborted) return;
        close();
        return say("No se pudo buscar ahora; puedes escribirlo tal cual.", true);
      }
      if (!asked.signal.aborted && document.activeElement === input) show();
    };

    input.addEventListener("input", () => {
      if (choosing) return;
      for (const [, field] of filled()) if (field.type === "hidden" && field.value) put(field, "");
      clearTimeout(timer);
      if (!input.value.trim()) return close();
      timer = setTimeout(ask, WAIT);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const open = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) return void ask();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const places = found.length + 1; // one more than the options: the field itself
        mark(((active + 1 + step + places) % places) - 1);
      } else if (event.key === "Enter" && open && active >= 0) {
        event.preventDefault();
        choose(found[active]);
      } else if (event.key === "Escape" && (open || status.textContent)) {
        event.preventDefault();
        close();
      }
    });
  };

  // Fields may arrive later, in a fragment.
  document.querySelectorAll("[data-lookup]").forEach(enhance);
  document.addEventListener("focusin", (event) => {
    const frame = event.target.closest?.("[data-lookup]");
    if (frame) enhance(frame);
  });
})();
