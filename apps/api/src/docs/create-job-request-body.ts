import { jobBodyFields, type OpenApiSchema, refTo } from './components.js';

const EXAMPLE = {
  question: 'What is in this picture?',
  images: ['https://example.com/cat.jpg'],
  max_tokens: 64,
};

/** The two forms in which a job may be sent; OpenAPI's decorators know only one schema for all of them. */
export function createJobRequestBody() {
  return {
    required: true,
    content: {
      'application/json': { schema: refTo('CreateJob'), example: EXAMPLE },
      'multipart/form-data': { schema: formSchema() },
    },
  };
}

/** A form has the same fields, each as text, and `image` for the files. */
function formSchema(): OpenApiSchema {
  const fields = jobBodyFields().map((name) => [
    name,
    { type: 'string', description: 'As in JSON: text as it is, everything else written as JSON' },
  ]);
  return {
    type: 'object',
    properties: {
      image: {
        type: 'array',
        description:
          'Image files, in order. With `messages` they are named there as `upload:0`, `upload:1`, ...',
        items: { type: 'string', format: 'binary' },
      },
      ...(Object.fromEntries(fields) as object),
    },
  };
}
