import { styleText } from 'node:util';

export interface StepNotes {
  /** The current activity; shown only on a terminal. */
  now(text: string): void;
  /** A fact on its own line. */
  tell(text: string): void;
}

/** Shows a run as it goes: a live list of steps on a terminal, plain lines with the time elsewhere. */
export interface Screen {
  /** Runs one step of the run and shows how it ends. */
  step<T>(title: string, work: (notes: StepNotes) => Promise<T>): Promise<T>;
  /** The line below the list: the state of the load. */
  footer(text: string): void;
  /** A line or more that stays. */
  print(text: string): void;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function createScreen(output: Output = process.stdout): Screen {
  return output.isTTY ? terminal(output) : plain(output);
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const PLAIN_FOOTER_EVERY = 10_000;

function plain(output: Output): Screen {
  const began = performance.now();
  let footerAt = began;
  const line = (text: string) => output.write(`${seconds(began).padStart(8)}  ${text}\n`);
  return {
    step: async (title, work) => {
      const since = performance.now();
      line(`… ${title}`);
      try {
        const result = await work({ now: () => {}, tell: (text) => line(`    ${text}`) });
        line(`✓ ${title} (${seconds(since)})`);
        return result;
      } catch (error) {
        line(`✗ ${title} (${seconds(since)})`);
        throw error;
      }
    },
    footer: (text) => {
      if (performance.now() - footerAt < PLAIN_FOOTER_EVERY) return;
      footerAt = performance.now();
      line(`  ${text}`);
    },
    print: (text) => output.write(`${text}\n`),
  };
}

function terminal(output: Output): Screen {
  let live: readonly string[] = [];
  let footer = '';
  let current: { title: string; note: string } | undefined;
  const cut = (text: string) => text.slice(0, (output.columns ?? 80) - 1);
  // The lines that change are erased, the new ones that stay are written above them.
  const draw = (staying: readonly string[] = []) => {
    const erase = live.length > 0 ? `\r\u001b[${live.length}A\u001b[J` : '';
    live = [
      ...(current ? [cut(`… ${current.title}${current.note && `: ${current.note}`}`)] : []),
      ...(footer ? [styleText('dim', cut(`  ${footer}`))] : []),
    ];
    output.write(erase + [...staying, ...live].map((text) => `${text}\n`).join(''));
  };
  return {
    step: async (title, work) => {
      const since = performance.now();
      current = { title, note: '' };
      draw();
      const end = (mark: string) => {
        current = undefined;
        draw([`${mark} ${title} ${styleText('dim', `(${seconds(since)})`)}`]);
      };
      const now = (note: string) => {
        current = { title, note };
        draw();
      };
      try {
        const result = await work({ now, tell: (text) => draw([styleText('dim', `    ${text}`)]) });
        end(styleText('green', '✓'));
        return result;
      } catch (error) {
        end(styleText('red', '✗'));
        throw error;
      }
    },
    footer: (text) => {
      footer = text;
      draw();
    },
    print: (text) => {
      footer = '';
      draw(text.split('\n'));
    },
  };
}
