export interface ImageSource {
  readonly count: number;
}
