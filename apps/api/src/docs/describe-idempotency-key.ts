import { ApiHeader } from '@nestjs/swagger';

/** Documents the header that makes sending again safe. @param item what is made, as in "job" */
export function describeIdempotencyKey(item: string): MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    description: `1 to 255 visible ASCII characters; the same key with the same body makes one ${item} only`,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    required: false,
  });
}
