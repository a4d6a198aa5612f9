import { describe, expect, it } from 'vitest';
import { fromDialogflow, fromRasa, named, rowsOf, tableOf, written } from './files';

const RASA = `version: "3.1"
nlu:
- intent: Order Status
  examples: |
    - where is order [4071](order_no)
    # a remark
    - has it left
- synonym: parcel
  examples: |
    - package
- intent: faq/refund
  examples: |
    - 退款多久到账
stories:
- story: other
`;

describe('phrases of other products should', () => {
  it('be read from Rasa without marks, synonyms and what is no intent', () => {
    expect(fromRasa(RASA)).toEqual([
      { intent: 'order_status', language: '', text: 'where is order 4071' },
      { intent: 'order_status', language: '', text: 'has it left' },
      { intent: 'faq_refund', language: '', text: '退款多久到账' },
    ]);
  });

  it('be read from Dialogflow by its columns, or by their order', () => {
    const titled = 'Intent Display Name,Language,Phrase\r\nOrder.Status,zh-cn,"订单, 到哪了"\r\nOrder.Status,fr,où est\r\n';
    expect(fromDialogflow(titled)).toEqual([
      { intent: 'order_status', language: 'zh', text: '订单, 到哪了' },
      { intent: 'order_status', language: '', text: 'où est' },
    ]);
    expect(fromDialogflow('where is it,track\n,track\n')).toEqual([{ intent: 'track', language: '', text: 'where is it' }]);
  });

  it('become the table that the server takes; an empty file none', async () => {
    const table = await tableOf(new Blob([RASA]), 'rasa');
    expect(await table?.text()).toBe('intent\tlanguage\ttext\norder_status\t\twhere is order 4071\norder_status\t\thas it left\nfaq_refund\t\t退款多久到账\n');
    expect(await tableOf(new Blob(['stories: []']), 'rasa')).toBeNull();
    expect(await tableOf(new Blob([]), 'csv')).toBeNull();
  });
});

it('cells hold commas, quotes and lines', () => {
  expect(rowsOf('\uFEFFa,"b, ""c""",d\r\n"two\nlines",x,\n\n')).toEqual([['a', 'b, "c"', 'd'], ['two\nlines', 'x', '']]);
});

it('names become ours', () => {
  expect([' Order.Status ', 'FAQ - refund', '退款'].map(named)).toEqual(['order_status', 'faq_refund', '']);
});

describe('written phrases should', () => {
  const lines = [
    { intent: 'refund', language: 'en', text: 'money, back' },
    { intent: 'refund', language: 'zh', text: '=退款' },
  ];

  it('be read again as they were', () => {
    expect(fromDialogflow(written(lines.slice(0, 1), 'dialogflow'))).toEqual(lines.slice(0, 1));
    expect(fromRasa(written(lines, 'rasa'))).toEqual(lines.map((line) => ({ ...line, language: '' })));
  });

  it('hold nothing that a spreadsheet would carry out', () => {
    expect(written(lines, 'csv')).toBe("intent,language,text\r\nrefund,en,\"money, back\"\r\nrefund,zh,'=退款\r\n");
  });
});
