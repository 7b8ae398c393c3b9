import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';

/** Documents `limit` and `after`, the query of every list. @param item what is listed, as in "job" */
export function describePage(
  item: string,
  { most, usual }: { most: number; usual: number },
): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: most, default: usual },
    }),
    ApiQuery({
      name: 'after',
      required: false,
      description: `Id of the last ${item} already seen`,
      schema: { type: 'string' },
    }),
  );
}
