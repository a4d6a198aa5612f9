/** A short text that is set in the middle or in little room: Chinese breaks behind its stops, not inside a word. */
export function Phrases({ children }: { children: string }) {
  const phrases = children.match(/[^，。；：？]+[，。；：？]?/gu) ?? [];
  if (phrases.length < 2 || !/\p{Script=Han}/u.test(children)) return <>{children}</>;
  return (
    <>
      {phrases.map((phrase, index) => (
        <span key={index} class="phrase">
          {phrase}
        </span>
      ))}
    </>
  );
}
