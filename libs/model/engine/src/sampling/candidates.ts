/**
 * Tokens that may come next, with their scores. Memory for a whole vocabulary, which the next token uses again: nothing
 * is allocated per token. Ids always ascend; ranks go by score, and by id among equal scores.
 */
export class Candidates {
  readonly ids: Int32Array;
  readonly scores: Float32Array;
  /** Room for one number per candidate; what it holds is up to who uses it. */
  readonly weights: Float64Array;
  private readonly allIds: Int32Array;
  private size = 0;

  constructor(vocabularySize: number) {
    this.allIds = Int32Array.from({ length: vocabularySize }, (_, id) => id);
    this.ids = new Int32Array(vocabularySize);
    this.scores = new Float32Array(vocabularySize);
    this.weights = new Float64Array(vocabularySize);
  }

  /** How many there are: the entries of the arrays that count. */
  get count(): number {
    return this.size;
  }

  /** Begins with every token of the vocabulary; the logits are copied. */
  load(logits: Float32Array): void {
    this.size = this.ids.length;
    this.ids.set(this.allIds);
    this.scores.set(logits);
  }

  /** Keeps what ranks before a token of this score and id, and that token; all of the score where no id is given. */
  keepThrough(score: number, id = Infinity): void {
    const { ids, scores } = this;
    let kept = 0;
    for (let index = 0; index < this.size; index++) {
      const own = scores[index] as number;
      if (own < score || (own === score && (ids[index] as number) > id)) continue;
      ids[kept] = ids[index] as number;
      scores[kept] = own;
      kept++;
    }
    this.size = kept;
  }

  /** Index of the first of the rank order. */
  indexOfBest(): number {
    const { scores } = this;
    let best = 0;
    for (let index = 1; index < this.size; index++) {
      if ((scores[index] as number) > (scores[best] as number)) best = index;
    }
    return best;
  }
}
