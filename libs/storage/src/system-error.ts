/** Whether `error` is a failed system call with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

/** Does `action`; a failure with one of these codes counts as done. */
export async function ignoring(codes: string[], action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error;
  }
}
