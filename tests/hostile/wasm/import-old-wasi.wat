;; tries: import the older WASI with its files
;; expect: refused: it imports `wasi_snapshot_preview1`, which is not granted
(import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
