/** `Bearer <key>`: the scheme in any case (RFC 9110 section 11.1), the key without spaces. */
const BEARER = /^bearer +(\S+) *$/i;

/** The key of an `Authorization` header; undefined where there is none of this scheme. */
export function readBearerKey(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}
