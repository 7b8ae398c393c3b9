import OpenAI from 'openai';

/** OpenAI's own client, pointed at us. Nothing is tried again, so that a failure shows as it is. */
export function openAiClient(url: string, apiKey = 'none'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}
