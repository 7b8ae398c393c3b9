// The working memory of one picture: taken piece by piece from the start, given back all at once.

/** Loads of whole vectors may go this far past what they need. */
const SLACK_BYTES: u64 = 64;
const PAGE_BYTES: u64 = 65536;
/** Of pages, at most. */
const LIMIT_PAGES: u64 = 16384;

let top: u64 = __heap_base;
let exhausted: bool = false;

/** Gives everything back that was taken. */
export function releaseAll(): void {
  top = __heap_base;
  exhausted = false;
}

/** Whether something was asked for that was not to be had; what `take` returned then must not be used. */
export function isExhausted(): bool {
  return exhausted;
}

/** Memory at a multiple of 16 with whatever is in it. */
export function take(bytes: u64): usize {
  const start = (top + 15) & ~15;
  const end = start + bytes + SLACK_BYTES;
  const pages = (end + PAGE_BYTES - 1) / PAGE_BYTES;
  const missing = <i64>pages - <i64>memory.size();
  if (exhausted || pages > LIMIT_PAGES || (missing > 0 && memory.grow(<i32>missing) < 0)) {
    exhausted = true;
    return 0;
  }
  top = end;
  return <usize>start;
}
