export type StepKind = 'vision' | 'prefill' | 'decode';

/** What the engine could do next. */
export interface StepCandidates {
  readonly vision: boolean;
  readonly prefill: boolean;
  readonly decode: boolean;
}

/**
 * Decoding is never starved: between two vision or prefill steps there is a decode step whenever a sequence decodes.
 * Prefill goes before vision, because it turns finished image features into a running sequence.
 */
export function chooseStep(candidates: StepCandidates, previous: StepKind | undefined): StepKind | undefined {
  if (candidates.decode && previous !== 'decode') return 'decode';
  if (candidates.prefill) return 'prefill';
  if (candidates.vision) return 'vision';
  return candidates.decode ? 'decode' : undefined;
}
