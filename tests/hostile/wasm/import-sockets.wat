;; tries: open a connection
;; expect: refused: it imports `wasi:sockets/tcp@0.2.0`, which is not granted
(component (import "wasi:sockets/tcp@0.2.0" (instance)))
