import { z } from 'zod';

const deviceProbeSchema = z.discriminatedUnion('usable', [
  z.object({
    usable: z.literal(true),
    float16: z.boolean(),
    wideAttention: z.boolean(),
    wallMs: z.number(),
  }),
  z.object({ usable: z.literal(false), reason: z.string(), remedy: z.string() }),
]);

/** What a probe process prints: the library and one device. */
export const probeAnswerSchema = z.object({
  runtimeVersion: z.string(),
  providers: z.array(z.string()),
  device: deviceProbeSchema,
});
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

/** What became of a probe process. */
export type ProbeOutcome =
  | { readonly kind: 'answered'; readonly answer: ProbeAnswer }
  | { readonly kind: 'died'; readonly reason: string };
