import Testing
import YggCore

@testable import YggAgent

/// Whose word counts for the turns of one process.
struct TurnBookTests {
    private struct Played {
        var book = TurnBook(.init())
        var admitted: [Int] = []

        mutating func play(_ input: TurnBook.Input) {
            for case .admit(let ticket) in book.handle(input, now: Instant(nanoseconds: 0)) {
                admitted.append(ticket.number)
            }
        }

        mutating func ask(_ number: Int, _ model: String = "m") { play(.asks(ticket(number), model: model)) }

        func ticket(_ number: Int) -> ModelGate.Ticket { ModelGate.Ticket(number: number) }
    }

    @Test func `by itself it goes by its own gate`() {
        var played = Played()
        played.ask(0)
        played.ask(1)
        #expect(played.admitted == [0])
        played.play(.leaves(played.ticket(0)))
        #expect(played.admitted == [0, 1])
    }

    @Test func `in a fleet nobody goes before the fleet says so`() {
        var played = Played()
        played.play(.joins)
        played.ask(0)
        played.ask(1)
        #expect(played.admitted.isEmpty && played.book.demand(of: "surtr").turns.map(\.isRunning) == [false, false])
        played.play(.stated([0: .waits(.init(position: 1, waiting: 2)), 1: .admitted]))
        #expect(played.admitted == [1] && played.book.demand(of: "surtr").turns.map(\.isRunning) == [false, true])
    }

    @Test func `alone again, whoever asks the server already counts before those who came earlier`() {
        var played = Played()
        played.play(.joins)
        played.ask(0, "granite")
        played.ask(1, "qwen")
        played.play(.stated([1: .admitted]))
        played.play(.isAlone)
        #expect(played.admitted == [1])
        played.play(.leaves(played.ticket(1)))
        #expect(played.admitted == [1, 0])
    }

    @Test func `with any answer the fleet decides again, also of what was not asked about`() {
        var played = Played()
        played.play(.joins)
        played.play(.isAlone)
        played.play(.stated([:]))
        played.ask(0)
        #expect(played.admitted.isEmpty)
    }
}
