// Shows the application's own OpenAPI document with Swagger UI.
const page = document.getElementById("swagger");
SwaggerUIBundle({ domNode: page, url: page.dataset.url, deepLinking: true, validatorUrl: null });
