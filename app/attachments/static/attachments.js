// Files go one by one: a lost connection loses one file, and that one waits here to be tried again.
(() => {
  "use strict";
  const AT_ONCE = 2;
  const LOST = "se cortó la conexión. El archivo sigue aquí.";
  const size = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  document.querySelectorAll("form[data-uploads]").forEach((form) => {
    const input = form.querySelector("input[type=file]");
    const list = form.querySelector(".sending");
    const chosen = form.querySelector(".chosen");
    const limit = Number(form.dataset.limit);
    const waiting = [];
    let running = 0;
    let arrived = 0;

    const line = (file) => {
      const item = element("li");
      const bar = element("progress");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", `Avance de ${file.name}`);
      const words = element("span", "En espera", "words");
      item.append(element("strong", file.name), bar, words);
      list.hidden = false;
      list.append(item);
      return { file, item, bar, words, retry: null };
    };

    const tell = (one, tone, text) => {
      one.item.className = tone;
      one.words.textContent = text;
    };

    const fail = (one, why, again = true) => {
      one.bar.hidden = true;
      tell(one, "error", `No se pudo: ${why}`);
      if (!again) return;
      one.retry = element("button", "Reintentar", "button secondary");
      one.retry.type = "button";
      one.retry.setAttribute("aria-label", `Reintentar ${one.file.name}`);
      one.retry.addEventListener("click", () => {
        one.retry.remove();
        queue(one);
      });
      one.item.append(one.retry);
    };

    const done = (one, answer) => {
      one.bar.value = 100;
      one.bar.hidden = true;
      tell(one, "success", [answer.mensaje, ...answer.consejos].join(" "));
      arrived += 1;
      form.dispatchEvent(new CustomEvent("attachment", { bubbles: true, detail: answer }));
    };

    const answered = (one, request) => {
      const answer = request.response;
      const file = answer?.archivos?.[0];
      if (file?.recibido) return done(one, file);
      if (file) return fail(one, file.mensaje, false);
      if (request.status === 401) return fail(one, "tu sesión terminó. Entra en otra pestaña y vuelve a intentarlo aquí.");
      fail(one, answer?.detail || "el servicio no contestó bien.");
    };

    const send = (one) => {
      running += 1;
      const body = new FormData(form);
      body.delete(input.name);
      body.append(input.name, one.file);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        one.bar.value = (100 * event.loaded) / event.total;
        tell(one, "", event.loaded < event.total
          ? `${Math.floor(one.bar.value)} % de ${size(one.file.size)}` : "Revisando…");
      });
      request.addEventListener("load", () => answered(one, request));
      request.addEventListener("error", () => fail(one, LOST));
      request.addEventListener("abort", () => fail(one, LOST));
      request.addEventListener("loadend", () => { running -= 1; next(); });
      request.send(body);
    };

    const next = () => {
      while (running < AT_ONCE && waiting.length) send(waiting.shift());
      const busy = running || waiting.length;
      form.toggleAttribute("aria-busy", Boolean(busy));
      if (!busy && arrived && "atOnce" in form.dataset === false) refresh();
    };

    // The list is asked for again, unless that would lose what somebody is typing beside it or why a file failed.
    const refresh = () => {
      const typed = document.querySelectorAll("input:not([type=hidden], [type=file]), textarea");
      const holds = list.querySelector(".error") || [...typed].some((one) => one.value !== one.defaultValue);
      if (!holds) return location.reload();
      if (list.querySelector("a")) return;
      const item = element("li");
      const link = element("a", "Ver la lista con lo que llegó");
      link.href = location.pathname;
      item.append(link);
      list.append(item);
    };

    const queue = (one) => {
      one.bar.hidden = false;
      one.bar.value = 0;
      tell(one, "", "En espera");
      waiting.push(one);
      next();
    };

    const take = () => {
      const files = [...input.files];
      input.value = "";
      if (chosen) chosen.textContent = "";
      files.forEach((file) => {
        const one = line(file);
        if (file.size > limit) fail(one, `pasa de ${size(limit)}, el máximo. Redúcelo o divídelo.`, false);
        else queue(one);
      });
    };

    form.addEventListener("submit", (event) => {
      if (!input.files.length) return; // the server says what is missing
      event.preventDefault();
      take();
    });
    if ("atOnce" in form.dataset) input.addEventListener("change", take);
    addEventListener("beforeunload", (event) => { if (running || waiting.length) event.preventDefault(); });
  });
})();
