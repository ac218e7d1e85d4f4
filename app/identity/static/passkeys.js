// Passkeys: asks the device what the page says (data-asked), puts its answer into the form and sends it.
// Without script, or on a device that cannot, the form stays hidden and the code does the work.
document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (!form.dataset.asked || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  const failed = form.querySelector("[role=alert]");
  form.hidden = false;
  form.querySelector("button").addEventListener("click", async () => {
    failed.hidden = true;
    const asked = JSON.parse(form.dataset.asked);
    try {
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
});
