/** One event of an event stream: `id` is what a reader sends back as `Last-Event-ID`. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: unknown;
}

/**
 * The event as text/event-stream writes it
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). JSON has no line breaks,
 * so one `data` line is enough.
 */
export function formatServerSentEvent({ id, event, data }: ServerSentEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A line that readers skip; it keeps proxies from closing a connection on which nothing happens. */
export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n';

/** Time without an event after which such a line is sent, in milliseconds. */
export const KEEP_ALIVE_INTERVAL_MS = 15_000;
