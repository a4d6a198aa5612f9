/** What an import of a file that is not TypeScript gives: its address after the build. */
declare module '*.svg' {
  const address: string;
  export default address;
}

/** A sheet that is fetched later, by its address. */
declare module '*.css?address' {
  const address: string;
  export default address;
}

/** A style sheet joins its page's; in the loader it is text for the shadow root. */
declare module '*.css' {
  const text: string;
  export default text;
}
