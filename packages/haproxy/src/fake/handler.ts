import type { FakeModel } from './model.ts';

/** An answer without its closing empty line. */
export type Reply = string;

/** Answers to one command: the words after its name, and the whole line. */
export type Handler = (model: FakeModel, words: readonly string[], line: string) => Reply;
