// Founding a tenant: while its address is typed, the server says whether it is free. Without this the next step says it.
(() => {
  "use strict";
  const field = document.getElementById("field-slug");
  const place = () => document.querySelector("[data-slug-check]");
  if (!field || !place()) return;
  let later;
  const ask = async () => {
    const asked = field.value.trim();
    let answer;
    try {
      answer = await fetch(`${place().dataset.slugCheck}?slug=${encodeURIComponent(asked)}`, { headers: { "X-Fragment": "libre" } });
    } catch { return; }
    if (!answer.ok || asked !== field.value.trim()) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("libre");
    if (fresh) place().replaceWith(fresh);
  };
  field.addEventListener("input", () => { clearTimeout(later); later = setTimeout(ask, 300); });
})();
