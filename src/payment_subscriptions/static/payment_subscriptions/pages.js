// Better with this, whole without it: opens the order in a dialog, and sends no form twice.
(() => {
  "use strict";

  const dialog = document.getElementById("subscribe");
  const form = dialog && dialog.querySelector("form[data-subscribe]");

  const show = () => {
    dialog.showModal();
    const wrong = form.querySelector("[aria-invalid]");
    if (wrong) wrong.focus();
    else if (!form.elements.email.value) form.elements.email.focus();
  };

  const forgetFailure = () => {
    dialog.querySelectorAll("[data-failure]").forEach((element) => element.remove());
    for (const input of [form.elements.email, form.elements.coupon].filter(Boolean)) {
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", `${input.id}-hint`);
    }
  };

  const choose = (link) => {
    const summaries = [...document.querySelectorAll("template[data-summary]")];
    const summary = summaries.find((one) => one.dataset.summary === link.dataset.price);
    dialog.querySelector("[data-chosen]").replaceChildren(summary.content.cloneNode(true));
    form.elements.price.value = link.dataset.price;
    form.action = link.dataset.action;
    forgetFailure();
    show();
  };

  if (form && dialog.showModal) {
    document.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
      const link = event.target.closest("a[data-price]");
      if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      choose(link);
    });
    if (dialog.open) {
      dialog.close();
      show();
    }
  }

  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (!sent.matches("[data-once]")) return;
    if (sent.dataset.sent) {
      event.preventDefault();
      return;
    }
    sent.dataset.sent = "yes";
    const button = sent.querySelector("button[data-busy]");
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-disabled", "true");
  });

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  // Back from the gateway, out of the browser's memory: what was sent may be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach((sent) => {
      delete sent.dataset.sent;
      const button = sent.querySelector("button[data-busy]");
      button.textContent = button.dataset.label;
      button.removeAttribute("aria-disabled");
    });
  });
})();
