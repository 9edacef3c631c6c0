// UpdateMachine: decides what a machine that updates itself does next. Pure: events in, actions out;
// no clock, no files, no network. Others perform the actions and bring back events.

/// What is to be performed.
///
/// Each that has an answer is answered by one event.
public enum Action: Sendable, Equatable {
    /// Mend what a crash left and look at the store: `recovered` or `recoveryFailed`.
    case recover
    /// Ask the repository or the server: `looked` or `lookFailed`.
    case look
    /// Ask windows, inhibitors and the server's consent: `gateOpen` or `gateClosed`.
    case gate(Stage)
    /// Fetch and prove the version: `proving` on the way, then `prepared`, `alreadyRunning` or
    /// `prepareFailed`.
    case prepare
    /// Swap in what is ready, or go on with a trial, and watch it: `swapped` on the way, then
    /// `passed`, `fellBack` or `activateFailed`.
    case activate
    /// End the work that `prepare` began; its answer comes as ever.
    case stop
    /// Leave the version in probation for the old one: `fellBack`.
    case leave(Failure)
    /// Tell the server how it goes; nothing is answered.
    case tell(ServerReport)
    /// Put the outcome down durably, for the server where one waits for it: `reported`.
    case close(ServerReport?)
    /// Wake the machine by `timeUp` after a while; a later one for the same timer takes its place.
    case wait(Alarm, Wait)
}

/// How long to wait.
public enum Wait: Sendable, Equatable {
    /// Until the next regular look.
    case poll
    /// Until a look that failed so many times in a row is tried again.
    case pollAgain(failures: Int)
    /// A few seconds.
    case soon
    /// Until window and inhibitors are looked at again.
    case recheck
    /// Until an attempt that failed so many times is repeated.
    case retry(attempts: Int)
    /// The same, an hour at least.
    case retrySeldom(attempts: Int)
    /// Until something that was given up is tried once more: a day at least.
    case rest(rounds: Int)
}

/// What a rollout server is told.
public enum ServerReport: Sendable, Equatable {
    /// How an action goes.
    public enum Step: String, Sendable, CaseIterable {
        /// It waits, for the reasons given.
        case scheduled
        /// Its bytes are being fetched.
        case download
        /// They were fetched and proved.
        case downloaded
        /// It goes on after a pause.
        case resumed
        /// It is being swapped in and watched.
        case proceeding
    }

    /// An action goes on.
    case step(action: String, Step, String)
    /// An action is over: the version runs and is good.
    case succeeded(action: String, String)
    /// An action is over: the version does not run.
    case failed(action: String, Failure, fellBack: Bool)
    /// The server's wish to call an action off is granted.
    case cancelAccepted(request: String)
    /// It is not, for this reason.
    case cancelRefused(request: String, String)
    /// A person, or the configuration, said yes.
    case confirmed(action: String)
    /// A person said no.
    case refused(action: String)
}
