/** Reads until there is something, so that what makes a file useless shows at once. */
export async function readFirst(items: AsyncGenerator<unknown>): Promise<void> {
  try {
    await items.next();
  } finally {
    await items.return(undefined);
  }
}
