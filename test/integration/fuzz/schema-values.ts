import fc from 'fast-check';

/** As much of JSON Schema as the OpenAPI document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** What a schema of type `string` does not say: values of these fields that mean something. */
export type Hints = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const MOST_ITEMS = 4;
const MOST_LETTERS = 40;

/** Makes values that conform to schemas of a document. */
export class SchemaValues {
  constructor(
    private readonly components: Readonly<Record<string, Schema>>,
    private readonly hints: Hints,
  ) {}

  /** @param field name of the property that holds the value, for the hints */
  of(schema: Schema, field = ''): fc.Arbitrary<unknown> {
    const hint = this.hints[field];
    const values = this.bySchema(schema, field);
    return hint === undefined
      ? values
      : fc.oneof({ weight: 12, arbitrary: hint }, { weight: 1, arbitrary: values });
  }

  private bySchema(schema: Schema, field: string): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) return this.of(this.resolve(schema.$ref), field);
    const variants = schema.anyOf ?? schema.oneOf;
    if (variants !== undefined) return fc.oneof(...variants.map((variant) => this.of(variant)));
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    return this.byType(schema, field);
  }

  private byType(schema: Schema, field: string): fc.Arbitrary<unknown> {
    const { type } = schema;
    if (Array.isArray(type)) {
      return fc.oneof(...type.map((one) => this.byType({ ...schema, type: one }, field)));
    }
    if (type === 'object') return this.object(schema);
    if (type === 'array') return this.list(schema, field);
    return simple(schema);
  }

  private object({ properties = {}, required = [], additionalProperties, propertyNames }: Schema) {
    if (typeof additionalProperties === 'object') {
      const keys = text(propertyNames ?? { type: 'string' });
      return fc.dictionary(keys, this.of(additionalProperties), { maxKeys: MOST_ITEMS });
    }
    const fields = Object.entries(properties).map(([name, schema]) => [name, this.of(schema, name)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: required });
  }

  private list({ items = {}, minItems = 0, maxItems = MOST_ITEMS }: Schema, field: string) {
    return fc.array(this.of(items, `${field}[]`), {
      minLength: minItems,
      maxLength: Math.min(maxItems, Math.max(minItems, MOST_ITEMS)),
    });
  }

  private resolve(reference: string): Schema {
    const schema = this.components[reference.split('/').at(-1) ?? ''];
    if (schema === undefined) throw new Error(`the document has no ${reference}`);
    return schema;
  }
}

/** Values without parts. */
function simple(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case undefined:
      return fc.jsonValue();
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ noNaN: true, min: schema.minimum ?? 0, max: schema.maximum ?? 1e6 });
    case 'string':
      return text(schema);
    default:
      throw new Error(`no values are known for the schema ${JSON.stringify(schema)}`);
  }
}

function text({ minLength = 0, maxLength = MOST_LETTERS }: Schema): fc.Arbitrary<string> {
  const bounds = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, MOST_LETTERS)) };
  return fc.oneof(
    fc.string(bounds),
    fc.string({ ...bounds, unit: 'binary' }).map((letters) => letters.slice(0, maxLength)),
  );
}
