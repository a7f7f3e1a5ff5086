declare module 'js-yaml' {
  /** The value of one YAML document. Throws YAMLException for a text that is none. */
  export function load(text: string): unknown;
}
