import {
  chatCompletionBodySchema,
  completeUploadBodySchema,
  createApiKeyBodySchema,
  createBatchBodySchema,
  createJobBodySchema,
  createUploadBodySchema,
  createWebhookEndpointBodySchema,
  redeliverBodySchema,
  retryBatchBodySchema,
  rotateWebhookSecretBodySchema,
  testWebhookEndpointBodySchema,
  updateWebhookEndpointBodySchema,
  updateApiKeyBodySchema,
} from '@tessera/contracts';
import { type ApiResponseSchemaHost } from '@nestjs/swagger';
import { z } from 'zod';
import { apiKeySchema, createdApiKeySchema, deletedApiKeySchema } from './api-key-schemas.js';
import { batchSchema } from './batch-schemas.js';
import { chatCompletionChunkSchema, chatCompletionSchema } from './chat-schemas.js';
import { deletedFileSchema, fileSchema, uploadPartSchema, uploadSchema } from './file-schemas.js';
import {
  apiKeyListSchema,
  batchListSchema,
  deletedJobSchema,
  errorSchema,
  fileListSchema,
  jobListSchema,
  jobSchema,
  livenessSchema,
  modelListSchema,
  modelSchema,
  readinessSchema,
  webhookDeliveryListSchema,
  webhookEndpointListSchema,
} from './schemas.js';
import { ownerUsageSchema } from './usage-schemas.js';
import { batchEventSchema, jobEventSchema } from './event-schemas.js';
import {
  deletedWebhookEndpointSchema,
  redeliverySchema,
  webhookDeliverySchema,
  webhookEndpointSchema,
  webhookEndpointTestSchema,
  webhookSecretSchema,
  webhookEndpointWithSecretSchema,
} from './webhook-schemas.js';

/** The type that @nestjs/swagger takes for a schema in place. */
export type OpenApiSchema = ApiResponseSchemaHost['schema'];

/** Schemas by the name under which generated clients know them. */
const ANSWERS = {
  Job: jobSchema,
  JobList: jobListSchema,
  DeletedJob: deletedJobSchema,
  Batch: batchSchema,
  BatchList: batchListSchema,
  File: fileSchema,
  FileList: fileListSchema,
  DeletedFile: deletedFileSchema,
  Upload: uploadSchema,
  UploadPart: uploadPartSchema,
  JobEvent: jobEventSchema,
  BatchEvent: batchEventSchema,
  WebhookEndpoint: webhookEndpointSchema,
  WebhookEndpointWithSecret: webhookEndpointWithSecretSchema,
  WebhookEndpointList: webhookEndpointListSchema,
  DeletedWebhookEndpoint: deletedWebhookEndpointSchema,
  WebhookEndpointTest: webhookEndpointTestSchema,
  WebhookSecret: webhookSecretSchema,
  WebhookDelivery: webhookDeliverySchema,
  WebhookDeliveryList: webhookDeliveryListSchema,
  WebhookRedelivery: redeliverySchema,
  Usage: ownerUsageSchema,
  Model: modelSchema,
  ModelList: modelListSchema,
  ChatCompletion: chatCompletionSchema,
  ChatCompletionChunk: chatCompletionChunkSchema,
  ApiKey: apiKeySchema,
  ApiKeyList: apiKeyListSchema,
  CreatedApiKey: createdApiKeySchema,
  DeletedApiKey: deletedApiKeySchema,
  Liveness: livenessSchema,
  Readiness: readinessSchema,
  Error: errorSchema,
};
const REQUESTS = {
  CreateWebhookEndpoint: createWebhookEndpointBodySchema,
  UpdateWebhookEndpoint: updateWebhookEndpointBodySchema,
  RotateWebhookSecret: rotateWebhookSecretBodySchema,
  TestWebhookEndpoint: testWebhookEndpointBodySchema,
  RedeliverWebhooks: redeliverBodySchema,
  CreateJob: createJobBodySchema,
  CreateChatCompletion: chatCompletionBodySchema,
  CreateBatch: createBatchBodySchema,
  RetryBatch: retryBatchBodySchema,
  CreateUpload: createUploadBodySchema,
  CompleteUpload: completeUploadBodySchema,
  CreateApiKey: createApiKeyBodySchema,
  UpdateApiKey: updateApiKeyBodySchema,
};

export type ComponentName = keyof typeof ANSWERS | keyof typeof REQUESTS;

/** Refers to a schema of the document. */
export function refTo(component: ComponentName): { $ref: string } {
  return { $ref: `#/components/schemas/${component}` };
}

/** `components.schemas` of the document. */
export function createComponentSchemas(): Record<string, OpenApiSchema> {
  return { ...toOpenApiSchemas(ANSWERS, 'output'), ...toOpenApiSchemas(REQUESTS, 'input') };
}

/** The names of the fields that a job body may have. */
export function jobBodyFields(): string[] {
  return Object.keys(createJobBodySchema.shape);
}

/**
 * The JSON Schemas of zod schemas, each a reference where another one holds it.
 * @param direction `input` describes what a client may send, `output` what it gets
 */
function toOpenApiSchemas(
  schemas: Readonly<Record<string, z.ZodType>>,
  direction: 'input' | 'output',
): Record<string, OpenApiSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const document = z.toJSONSchema(registry, {
    io: direction,
    target: 'draft-2020-12',
    uri: (id) => `#/components/schemas/${id}`,
  });
  const entries = Object.entries(document.schemas).map(([id, { $schema: _dialect, $id: _id, ...schema }]) => [
    id,
    schema,
  ]);
  // OpenAPI 3.1 embeds JSON Schema 2020-12 as it is; the types of @nestjs/swagger still describe that of 3.0.
  return Object.fromEntries(entries) as Record<string, OpenApiSchema>;
}
