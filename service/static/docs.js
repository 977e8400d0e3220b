"use strict";
// validatorUrl null: otherwise the page would ask a server on the web for a badge.
const place = document.getElementById("swagger");
window.SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
