import type { FakeModel } from './model.ts';

/** An answer without its closing empty line. */
export type Reply = string;

/** One command as it came. */
export interface Asked {
  readonly line: string;
  /** The lines after a command that ends with `<<`. */
  readonly payload?: readonly string[] | undefined;
}

/** Answers one command; gets the words after the command's name. */
export type Handler = (model: FakeModel, words: readonly string[], asked: Asked) => Reply;
