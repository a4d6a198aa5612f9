/** What a conversation does without until it has to be begun, ended or left: fetched as one. */
export { AskScreen } from './AskScreen';
export { LeaveScreen } from './LeaveScreen';
export { RateInvite } from './RateInvite';
export { RateScreen } from './RateScreen';
export { TranscriptScreen } from './TranscriptScreen';
export { preview } from './preview';
