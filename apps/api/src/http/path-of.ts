const LONGEST_LOGGED_PATH = 200;

/** The path of a request target without its query, which may hold data; shortened for messages and logs. */
export function pathOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.length > LONGEST_LOGGED_PATH ? `${path.slice(0, LONGEST_LOGGED_PATH)}...` : path;
}
