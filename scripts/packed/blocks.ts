import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from './paths.ts';

/** A block of TypeScript on a page of the documentation. */
export interface Block {
  /** Where it begins: `docs/haproxy.md:68`. */
  readonly at: string;
  /** A module: what the page takes as given, then the block. */
  readonly code: string;
  /** Whether it needs nothing but Node and comes to an end, and so is run as well. */
  readonly runs: boolean;
}

/**
 * Every block of every page that a user reads. HTML comments right before a block, which a reader of the page does not see, say how it is
 * tried: `<!-- given: … -->` holds code that goes before it (an import, a declaration of what the text assumes), and
 * `<!-- run -->` has it run.
 */
export async function readBlocks(): Promise<readonly Block[]> {
  const { stdout } = await execa('git', ['ls-files', '*.md', ':!.changeset', ':!scripts'], { cwd: root });
  const pages = stdout
    .split('\n')
    .map(async (page) => blocksOf(page, await readFile(join(root, page), 'utf8')));
  return (await Promise.all(pages)).flat();
}

const COMMENTED_BLOCK =
  /((?:<!--(?:(?!-->).)*-->\s*)*)^ *```(?:ts|typescript|js|javascript)\n(.*?)^ *```$/gms;

export function blocksOf(page: string, text: string): readonly Block[] {
  return [...text.matchAll(COMMENTED_BLOCK)].map(({ index, 1: comments = '', 2: code = '' }) => {
    const given = [...comments.matchAll(/<!-- given:(.*?)-->/gs)].map(([, held]) => held);
    return {
      at: `${page}:${text.slice(0, index + comments.length).split('\n').length}`,
      code: [...given, code].join('\n'),
      runs: comments.includes('<!-- run -->'),
    };
  });
}
