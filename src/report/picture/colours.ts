/** Colours of a picture on a light or a dark ground. */
export interface Palette {
  ground: string;
  text: string;
  faint: string;
  line: string;
  /** By owner: own code, library, runtime, no symbols. */
  owners: readonly [string, string, string, string];
  /** By mark: within noise, grew, shrank. */
  marks: readonly [string, string, string];
  /** Ink on a frame. */
  ink: string;
  cut: string;
  path: string;
  match: string;
  /** Ground of a selected or hovered row. */
  soft: string;
  link: string;
  /** Text of a verdict that needs somebody, and of one that does not. */
  bad: string;
  good: string;
}

/**
 * Hues of Okabe and Ito (2008), which people with any colour vision tell apart; orange against blue carries a
 * meaning, and a sign or word next to it always says the same.
 */
export const LIGHT: Palette = {
  ground: '#ffffff',
  text: '#1b1f24',
  faint: '#57606a',
  line: '#d0d7de',
  owners: ['#f2b13c', '#8fc7ee', '#d5d9de', '#c9b8d8'],
  marks: ['#dfe2e6', '#f0803c', '#5aa9e6'],
  ink: '#14171a',
  cut: '#eceef1',
  path: '#8b1a00',
  match: '#c2e812',
  soft: '#f3f5f7',
  link: '#0a57b5',
  bad: '#9a2a00',
  good: '#0b5a2e',
};

export const DARK: Palette = {
  ground: '#14171a',
  text: '#e6e9ec',
  faint: '#a1abb5',
  line: '#3b434b',
  owners: ['#d9982a', '#6fb0dc', '#8b949e', '#a491b8'],
  marks: ['#868e96', '#ef8340', '#56a3e0'],
  ink: '#0b0d0f',
  cut: '#353c43',
  path: '#ffd9c7',
  match: '#c2e812',
  soft: '#1f2428',
  link: '#8ec5ff',
  bad: '#ffb08a',
  good: '#8fe0b0',
};
