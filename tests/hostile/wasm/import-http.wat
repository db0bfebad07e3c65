;; tries: ask the web
;; expect: refused: it imports `wasi:http/outgoing-handler@0.2.0`, which is not granted
(component (import "wasi:http/outgoing-handler@0.2.0" (instance)))
