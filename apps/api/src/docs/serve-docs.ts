import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { createComponentSchemas } from './components.js';
import { describeAccess, KEY_SCHEME } from './describe-access.js';
import { describeEvents } from './describe-events.js';

/** Builds the OpenAPI 3.1 document from the controllers. */
export function createOpenApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const information = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tessera')
    .setDescription('Asks questions about images.')
    .setVersion('0.1.0')
    .addBearerAuth(
      { type: 'http', description: 'An API key. Only asked for where TESSERA_ADMIN_KEY is set.' },
      KEY_SCHEME,
    )
    .build();
  const document = describeEvents(describeAccess(SwaggerModule.createDocument(app, information)));
  return { ...document, components: { ...document.components, schemas: createComponentSchemas() } };
}

/** Serves the document at /docs/json and a page over it at /docs; the page loads nothing from elsewhere. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, createOpenApiDocument(app), {
    jsonDocumentUrl: 'docs/json',
    raw: ['json'],
    customSiteTitle: 'Tessera API',
    // The page's default is to show a badge from validator.swagger.io.
    swaggerOptions: { validatorUrl: null },
  });
}
