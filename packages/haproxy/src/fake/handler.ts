import type { FakeModel } from './model.ts';

/** An answer without its closing empty line. */
export type Reply = string;

/** One command as it came. */
export interface Asked {
  readonly line: string;
  /** The lines after a command that ends with `<<`. */
  readonly payload?: readonly string[] | undefined;
}

/** Answers to one command, whose words after its name are taken apart. */
export type Handler = (model: FakeModel, words: readonly string[], asked: Asked) => Reply;
