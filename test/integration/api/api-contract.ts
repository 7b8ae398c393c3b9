import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';

interface MediaType {
  schema?: object;
}
interface ResponseDescription {
  description: string;
  content?: Record<string, MediaType>;
}
export interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  responses: Record<string, ResponseDescription>;
}
export interface OpenApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/** What an answer has to agree with. */
export interface Answer {
  method: string;
  path: string;
  status: number;
  body: unknown;
}

const METHODS = ['get', 'post', 'put', 'delete'];

/** The OpenAPI document that an API serves, as a judge of its answers. */
export class ApiContract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  private constructor(readonly document: OpenApiDocument) {
    this.ajv.addSchema(document, 'document');
  }

  static async of(url: string): Promise<ApiContract> {
    const response = await fetch(`${url}/docs/json`);
    // Checked by the test of the document itself; here only its outline is relied on.
    return new ApiContract((await response.json()) as OpenApiDocument);
  }

  /** What a maintained validator finds wrong with the document. */
  async violations(): Promise<unknown> {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(this.document) });
    return valid ? [] : errors;
  }

  /** Every operation, as `GET /v1/jobs`. */
  get operations(): Map<string, Operation> {
    return new Map(
      Object.entries(this.document.paths).flatMap(([path, item]) =>
        METHODS.flatMap((method) => {
          const operation = item[method];
          return operation === undefined ? [] : [[`${method.toUpperCase()} ${path}`, operation] as const];
        }),
      ),
    );
  }

  /** How an answer departs from the document; nothing for a path or method that the document lacks. */
  departures({ method, path, status, body }: Answer): string[] {
    const found = this.findOperation(method, path);
    if (found === undefined) return [];
    const response = found.operation.responses[status];
    if (response === undefined) return [`${found.name} does not document status ${status}`];
    const codes = status < 400 ? [] : codeDepartures(response, body);
    return [...this.schemaDepartures(found.pointer, status, body), ...codes];
  }

  private schemaDepartures(pointer: string, status: number, body: unknown): string[] {
    const media = `${pointer}/responses/${status}/content/application~1json/schema`;
    const validate = this.ajv.getSchema(`document#${media}`);
    if (validate === undefined) return body === undefined ? [] : [`no schema for the body at ${media}`];
    return validate(body) === true ? [] : [this.ajv.errorsText(validate.errors)];
  }

  private findOperation(method: string, path: string) {
    const template = Object.keys(this.document.paths).find((candidate) =>
      new RegExp(`^${candidate.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
    );
    const operation =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    if (template === undefined || operation === undefined) return undefined;
    const pointer = `/paths/${template.replaceAll('/', '~1')}/${method.toLowerCase()}`;
    return { operation, pointer: encodeURI(pointer), name: `${method} ${template}` };
  }
}

/** Each error code has to be named by the description of its status. */
function codeDepartures({ description }: ResponseDescription, body: unknown): string[] {
  const code = (body as { error?: { code?: string } } | undefined)?.error?.code;
  if (code === undefined || description.includes(`\`${code}\``)) return [];
  return [`the code ${code} is not documented here`];
}
