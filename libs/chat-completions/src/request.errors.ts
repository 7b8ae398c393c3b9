import { type ErrorCode, TesseraError } from '@tessera/contracts';

/** The request is well-formed but breaks a rule that is not about one field. */
export class InvalidRequestError extends TesseraError {
  readonly code = 'invalid_request';
}

/** A required field is absent. */
export class MissingParameterError extends TesseraError {
  readonly code = 'missing_required_parameter';
}

/** A field has the wrong JSON type. */
export class InvalidTypeError extends TesseraError {
  readonly code = 'invalid_type';
}

/** A field has the right type and a value that is not allowed. */
export class InvalidValueError extends TesseraError {
  readonly code = 'invalid_value';
}

/** A field that the API does not know. */
export class UnknownParameterError extends TesseraError {
  readonly code = 'unknown_parameter';
}

/** A library refused a value of the request; this adds which field held it. */
export class RefusedParameterError extends TesseraError {
  readonly code: ErrorCode;

  constructor(refusal: TesseraError, param: string) {
    super(`${param}: ${refusal.message}`, { param, cause: refusal });
    this.code = refusal.code;
  }
}

/** A field or value of OpenAI's that is known, and that nothing here can honour. */
export class UnsupportedParameterError extends TesseraError {
  readonly code = 'unsupported_parameter';

  constructor(param: string, reason: string) {
    super(`${param}: ${reason}`, { param });
  }
}

/** A shape was asked for that the answer cannot be held to. */
export class UnsupportedResponseFormatError extends TesseraError {
  readonly code = 'unsupported_response_format';

  constructor(readonly type: string) {
    super(`response_format: the only type that can be promised is "text", given ${type}`, {
      param: 'response_format',
    });
  }
}
