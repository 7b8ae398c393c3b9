import { z } from 'zod';
import { type Component } from './schema.js';

/** A component that tokenizer.json asks for and this code does not have. */
export class UnknownComponentError extends Error {
  /** @param feature what to call it, such as `the normalizer Lowercase`. */
  constructor(readonly feature: string) {
    super(feature);
  }
}

/** Fields of a component, read as `schema` says; fields with values that are not supported make it unknown. */
export function fieldsOf<T>(role: string, component: Component, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(component);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join('.'));
  throw new UnknownComponentError(
    `the ${role} ${component.type} with this ${[...new Set(fields)].join(', ')}`,
  );
}

/** The parts of a component: those of a `Sequence`, under the field of this name, or the component itself. */
export function partsOf(role: string, component: Component | null | undefined, field: string): Component[] {
  if (component === null || component === undefined) return [];
  if (component.type !== 'Sequence') return [component];
  const parts = fieldsOf(
    role,
    component,
    z.looseObject({ [field]: z.array(z.looseObject({ type: z.string() })) }),
  );
  return (parts[field] as Component[]).flatMap((part) => partsOf(role, part, field));
}
