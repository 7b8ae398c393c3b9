/** A `Content-Disposition` header that has a browser save the body as `fileName` (RFC 6266). */
export function attachment(fileName: string): string {
  // Half a surrogate pair cannot be encoded; as UTF-8 it becomes a replacement character.
  const encoded = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
