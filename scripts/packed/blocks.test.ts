import { describe, expect, it } from 'vitest';
import { blocksOf } from './blocks.ts';

const page = `# Page

<!-- a remark -->

\`\`\`sh
echo no TypeScript
\`\`\`

<!-- run -->
<!-- given:
import { a } from 'a';
const when = (b: boolean) => b;
-->

\`\`\`ts
a();
\`\`\`

- in a list:
  \`\`\`ts
  b();
  \`\`\`
`;

describe('blocksOf', () => {
  it('finds each block with its line, what is given before it, and whether it runs', () => {
    expect(blocksOf('page.md', page)).toEqual([
      {
        at: 'page.md:15',
        code: "\nimport { a } from 'a';\nconst when = (b: boolean) => b;\n\na();\n",
        runs: true,
      },
      { at: 'page.md:20', code: '  b();\n', runs: false },
    ]);
  });

  it('does not take the comments of text that stands between', () => {
    const [block] = blocksOf('page.md', '<!-- run -->\n\nText.\n\n```ts\nc();\n```\n');
    expect(block).toMatchObject({ code: 'c();\n', runs: false });
  });
});
