/** What keeps S3 from doing as asked, and what may be done about it, by the error's name or code. */
const EXPLANATIONS: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket; create it, or correct the name',
  AccessDenied:
    'access is denied; the credentials need s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject, ' +
    's3:DeleteObject and s3:AbortMultipartUpload on its objects',
  CredentialsProviderError:
    'no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role',
  InvalidAccessKeyId: 'the access key is not known there; correct AWS_ACCESS_KEY_ID, or TESSERA_S3_ENDPOINT',
  SignatureDoesNotMatch: 'the secret key is wrong; correct AWS_SECRET_ACCESS_KEY',
  ExpiredToken: 'the session token has expired; renew AWS_SESSION_TOKEN',
  InvalidToken: 'the session token is not valid; correct or unset AWS_SESSION_TOKEN',
  RequestTimeTooSkewed: "this machine's clock is wrong; set it",
  PermanentRedirect: 'the bucket is in another region; correct TESSERA_S3_REGION',
  AuthorizationHeaderMalformed: 'the bucket is in another region; correct TESSERA_S3_REGION',
  ECONNREFUSED: 'no connection; start the service, or correct TESSERA_S3_ENDPOINT',
  ENOTFOUND: 'its host name is not known; correct TESSERA_S3_ENDPOINT or TESSERA_S3_REGION',
  TimeoutError: 'no answer in time; see whether the service and the network are up',
};
/** `HEAD` answers have no body that would say more. */
const NAMES_BY_STATUS: Record<number, string> = { 301: 'PermanentRedirect', 403: 'AccessDenied' };

interface S3Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Why S3 failed, with the remedy where one is known; what it said itself comes last. */
export function explainS3Failure(error: unknown): string {
  const { name, code, message, $metadata } = toFailure(error);
  const byStatus = NAMES_BY_STATUS[$metadata?.httpStatusCode ?? 0];
  const explanation = [name, code, byStatus].map((key) => EXPLANATIONS[key ?? '']).find(Boolean);
  const said = message && message !== 'UnknownError' ? message : (code ?? name ?? String(error));
  if (explanation !== undefined) return `${explanation} (${said})`;
  return /region is missing/i.test(said) ? `no region is known; set TESSERA_S3_REGION (${said})` : said;
}

/** Whether the answer was that there is no such object. */
export function isMissingObject(error: unknown): boolean {
  const { name } = toFailure(error);
  return name === 'NoSuchKey' || name === 'NotFound';
}

/** Whether the range asked for begins at or after the end of the object. */
export function isRangeBeyondEnd(error: unknown): boolean {
  return toFailure(error).$metadata?.httpStatusCode === 416;
}

/** Whether another request was in the way. */
export function isConflict(error: unknown): error is Error {
  return error instanceof Error && toFailure(error).$metadata?.httpStatusCode === 409;
}

/** Whether S3 refuses for good what was asked: another attempt with the same request is refused again. */
export function isRefusal(error: unknown): boolean {
  const status = toFailure(error).$metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
}

function toFailure(error: unknown): S3Failure {
  return typeof error === 'object' && error !== null ? error : {};
}
